-- SPDX-License-Identifier: Apache-2.0
--
-- `numbers` in another order, under another name until 005, and without the ports, which lie in
-- `port_numbers` since 002.
--
-- One class of one dimension on one day is one stretch of the key, and one value on that day is one
-- within it: a value over three weeks of hours costs 21 stretches in place of 504.
CREATE TABLE IF NOT EXISTS ordered_numbers (
  level Enum8('5min' = 1, 'hour' = 2, 'day' = 3),
  time DateTime('UTC') CODEC(T64, ZSTD(1)),
  dimension Enum8('total' = 1, 'tcp_port' = 2, 'udp_port' = 3, 'country' = 4, 'asn' = 5,
    'tool' = 6, 'organisation' = 7),
  value UInt32 CODEC(Delta(4), ZSTD(1)),
  class Enum8('any' = 0, 'scan_tcp' = 1, 'scan_udp' = 2, 'scan_icmp' = 3,
    'probe_amplification' = 4, 'backscatter_tcp' = 5, 'backscatter_udp' = 6,
    'backscatter_icmp' = 7, 'other_tcp' = 8, 'other' = 9, 'scans' = 10),
  organisation UInt16,
  packets Int64 CODEC(T64, ZSTD(1)),
  hosts Int64 CODEC(T64, ZSTD(1)),
  commit UInt64 CODEC(Delta(8), ZSTD(1)),
  stored Date DEFAULT toDate(now('UTC')),
  INDEX commit commit TYPE minmax GRANULARITY 128
) ENGINE = MergeTree
PARTITION BY (level, toYear(time))
ORDER BY (level, dimension, class, toStartOfDay(time), value, time, organisation)
TTL stored + multiIf(level = '5min', toIntervalDay(30), level = 'hour', toIntervalDay(730),
  toIntervalDay(36500))
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1,
  max_bytes_to_merge_at_max_space_in_pool = 67108864,
  default_compression_codec = 'ZSTD(1)', auto_statistics_types = '',
  index_granularity = 1024, min_parts_to_merge_at_once = 20;

-- What an upgrade left that was interrupted.
TRUNCATE TABLE ordered_numbers;

INSERT INTO ordered_numbers
SELECT level, time, dimension, value, class, organisation, packets, hosts, commit, stored
FROM numbers
WHERE dimension NOT IN ('tcp_port', 'udp_port')
SETTINGS min_insert_block_size_bytes = 67108864;
