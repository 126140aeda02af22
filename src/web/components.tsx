/**
 * The parts that pages are made of. Each is a pure function of its props; all texts come from the caller,
 * and a link whose address comes from data goes through `safeHref`. Nothing here knows a flow, a route or a rule.
 */
export * from './components/buttons.tsx';
export * from './components/charts.tsx';
export * from './components/choices.tsx';
export * from './components/contact.tsx';
export * from './components/fields.tsx';
export * from './components/grouped-bars.tsx';
export * from './components/icons.tsx';
export * from './components/lists.tsx';
export * from './components/logo.tsx';
export * from './components/notices.tsx';
export * from './components/password-field.tsx';
export * from './components/qr-code.tsx';
export * from './components/safe-href.ts';
export * from './components/select-field.tsx';
export * from './components/tables.tsx';
export * from './components/time.tsx';
