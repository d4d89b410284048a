-- SPDX-License-Identifier: Apache-2.0
RENAME TABLE IF EXISTS ordered_numbers TO numbers;

DROP TABLE IF EXISTS old_numbers;
