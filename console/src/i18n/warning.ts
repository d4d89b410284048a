// SPDX-License-Identifier: Apache-2.0
//
// The words of warnings, members, the portal and the rings; they are loaded with these views.
import { wordsOf } from '.';
import { english } from './warning_en';
import { japanese } from './warning_ja';

export const w = wordsOf(english, japanese);
