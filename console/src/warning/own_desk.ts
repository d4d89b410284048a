// SPDX-License-Identifier: Apache-2.0
//
// The desk of whoever is logged in, in the language of the page.
import { language, session } from '../state';
import { type Desk, deskOf } from './desk';

export const ownDesk = (): Desk => deskOf(session.value, language.value);
