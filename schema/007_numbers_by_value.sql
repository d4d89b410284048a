-- SPDX-License-Identifier: Apache-2.0
--
-- `numbers` and `port_numbers` in the order of single values through time, under other names until
-- 009: what goes through all values reads `number_sheets`.
--
-- One value in one class and level is one stretch of the key in each part. Of ports five parts are
-- merged at once, up to 128 MiB: fewer and larger ones would be read faster, but what is taken back
-- waits for the merge of its part.
CREATE TABLE IF NOT EXISTS numbers_by_value (
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
ORDER BY (level, dimension, class, value, time, organisation)
TTL stored + multiIf(level = '5min', toIntervalDay(30), level = 'hour', toIntervalDay(730),
  toIntervalDay(36500))
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1,
  max_bytes_to_merge_at_max_space_in_pool = 67108864,
  default_compression_codec = 'ZSTD(1)', auto_statistics_types = '',
  index_granularity = 1024, min_parts_to_merge_at_once = 20;

-- 32 ports to a row: one of them over weeks of hours is read in a third of the time that 256 took.
CREATE TABLE IF NOT EXISTS narrow_port_numbers (
  level Enum8('5min' = 1, 'hour' = 2, 'day' = 3),
  time DateTime('UTC') CODEC(T64, ZSTD(1)),
  dimension Enum8('total' = 1, 'tcp_port' = 2, 'udp_port' = 3, 'country' = 4, 'asn' = 5,
    'tool' = 6, 'organisation' = 7),
  class Enum8('any' = 0, 'scan_tcp' = 1, 'scan_udp' = 2, 'scan_icmp' = 3,
    'probe_amplification' = 4, 'backscatter_tcp' = 5, 'backscatter_udp' = 6,
    'backscatter_icmp' = 7, 'other_tcp' = 8, 'other' = 9, 'scans' = 10),
  block UInt16,
  survey UInt8,
  packets Array(Int64) CODEC(T64, LZ4),
  hosts Array(Int64) CODEC(T64, LZ4),
  commit UInt64 CODEC(Delta(8), ZSTD(1)),
  stored Date DEFAULT toDate(now('UTC')),
  INDEX commit commit TYPE minmax GRANULARITY 128
) ENGINE = MergeTree
PARTITION BY (level, toYear(time))
ORDER BY (level, dimension, class, block, time, survey)
TTL stored + multiIf(level = '5min', toIntervalDay(30), level = 'hour', toIntervalDay(730),
  toIntervalDay(36500))
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1,
  max_bytes_to_merge_at_max_space_in_pool = 134217728,
  default_compression_codec = 'ZSTD(1)', auto_statistics_types = '',
  index_granularity = 256, min_parts_to_merge_at_once = 5;

-- What an upgrade left that was interrupted.
TRUNCATE TABLE numbers_by_value;

TRUNCATE TABLE narrow_port_numbers;

INSERT INTO numbers_by_value
SELECT level, time, dimension, value, class, organisation, packets, hosts, commit, stored
FROM numbers
SETTINGS min_insert_block_size_bytes = 67108864;

INSERT INTO narrow_port_numbers
SELECT level, time, dimension, class, toUInt16(block * 8 + part) AS narrow_block, survey,
  arraySlice(packets, part * 32 + 1, 32) AS narrow_packets,
  arraySlice(hosts, part * 32 + 1, 32) AS narrow_hosts, commit, stored
FROM port_numbers
ARRAY JOIN range(8) AS part
WHERE arrayExists(count -> count != 0, narrow_packets)
  OR arrayExists(count -> count != 0, narrow_hosts)
SETTINGS min_insert_block_size_bytes = 67108864, max_block_size = 256;
