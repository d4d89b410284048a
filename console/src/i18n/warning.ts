// SPDX-License-Identifier: Apache-2.0
//
// The words of warnings, members, the portal and the rings; they are loaded with these views.
import { wordsOf } from '.';
import { translate } from './api_text';
import { english } from './warning_en';
import { japanese, sentences } from './warning_ja';

translate(sentences);

export const w = wordsOf(english, japanese);
