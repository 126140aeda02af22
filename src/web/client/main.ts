/**
 * What script adds to pages that work without it. Each file looks for its own data attribute and does nothing
 * where there is none. Nothing here decides anything, and nothing here sends a code by itself.
 */
import { enhanceCopyButtons, enhancePrintButtons } from './copy-and-print.ts';
import { showTimeLeft } from './countdown.ts';
import { focusWhatMatters, followErrorLinks } from './focus.ts';
import { guardSubmits, submitWaitingForms } from './forms.ts';
import { enhancePasswordToggles } from './password-toggle.ts';
import { pollUntilDone } from './poll.ts';
import { enhanceSelectSearches } from './select-search.ts';
import { offerTextMessageCode } from './web-otp.ts';

focusWhatMatters();
followErrorLinks();
guardSubmits();
enhancePasswordToggles();
enhanceCopyButtons();
enhancePrintButtons();
enhanceSelectSearches();
showTimeLeft();
pollUntilDone();
offerTextMessageCode();
submitWaitingForms();
