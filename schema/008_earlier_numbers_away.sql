-- SPDX-License-Identifier: Apache-2.0
--
-- Makes room for what 007 filled.
DROP TABLE IF EXISTS old_numbers;

DROP TABLE IF EXISTS old_port_numbers;

RENAME TABLE IF EXISTS numbers TO old_numbers;

RENAME TABLE IF EXISTS port_numbers TO old_port_numbers;
