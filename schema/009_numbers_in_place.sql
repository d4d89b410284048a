-- SPDX-License-Identifier: Apache-2.0
RENAME TABLE IF EXISTS numbers_by_value TO numbers;

RENAME TABLE IF EXISTS narrow_port_numbers TO port_numbers;

DROP TABLE IF EXISTS old_numbers;

DROP TABLE IF EXISTS old_port_numbers;
