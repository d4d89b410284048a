-- SPDX-License-Identifier: Apache-2.0
--
-- Larger parts of what is read by value through time: of each part a stretch per value is read, so
-- that 20 ports over 20 days of hours take 14 ms from one part and 50 from the five that 128 MiB
-- made of them. One of 1 GiB takes half a minute to merge, and comes from parts that have long been
-- there: what is taken back lies in small ones.
ALTER TABLE port_numbers MODIFY SETTING max_bytes_to_merge_at_max_space_in_pool = 1073741824;

ALTER TABLE numbers MODIFY SETTING max_bytes_to_merge_at_max_space_in_pool = 268435456,
  min_parts_to_merge_at_once = 5;
