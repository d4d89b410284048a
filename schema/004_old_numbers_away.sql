-- SPDX-License-Identifier: Apache-2.0
--
-- Makes room for `ordered_numbers`, which 003 filled.
DROP TABLE IF EXISTS old_numbers;

RENAME TABLE IF EXISTS numbers TO old_numbers;
