import type { AuditKind } from './audit.ts';
import type { Redo } from './redo-event.ts';
import {
  mandateOff,
  mandateOn,
  plan,
  removeAccount,
  sessionLength,
  textEnd,
  textLimits,
} from './redo-of-accounts.ts';
import {
  changeRole,
  destroy,
  disable,
  enable,
  forget,
  moveEmail,
  removeMember,
  removeUser,
  voidPassword,
} from './redo-of-people.ts';

/** Which events of the past are done again in a restored copy, and how. */
export const REDO: Partial<Readonly<Record<AuditKind, Redo>>> = {
  'membership.removed': removeMember,
  'membership.role_changed': changeRole,
  'pass.activated': forget,
  'authenticator.destroyed': destroy,
  'password.changed': voidPassword,
  'password.reset': voidPassword,
  'user.disabled': disable,
  'user.enabled': enable,
  'user.deleted': removeUser,
  'user.email_changed': moveEmail,
  'account.deleted': removeAccount,
  'account.plan_changed': plan,
  'mandate.switched_on': mandateOn,
  'mandate.changed': mandateOn,
  'mandate.switched_off': mandateOff,
  'session_length.changed': sessionLength,
  'mandate.text_end_set': textEnd,
  'mandate.text_end_removed': textEnd,
  'sms.limits_changed': textLimits,
};
