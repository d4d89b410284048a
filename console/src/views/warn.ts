// SPDX-License-Identifier: Apache-2.0
//
// The views that warn organisations, loaded as one.
export { History } from './history';
export { Inbox } from './inbox';
export { Member } from './member';
export { Members } from './members';
export { Outbox } from './outbox';
