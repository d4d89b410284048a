-- SPDX-License-Identifier: Apache-2.0
--
-- The telescope's tables. src/telescope/rows.h describes the same columns and is compared with them
-- when the store is opened; docs/data-dictionary.md says what they mean.
--
-- Statements end with a semicolon at the end of a line. Each may run twice: a migration that was
-- interrupted starts again from its first statement.
--
-- Rows arrive in blocks of up to a million, sorted by the key, so a block becomes a part as it is.
-- Codecs and settings are what bench/store_bench found cheapest; docs/performance.md has figures.
-- Parts above max_bytes_to_merge_at_max_space_in_pool are never merged: writing a row once is what
-- the packet road can afford. `stored` is the day a row was written; retention counts from it, so
-- that an old capture is not gone on the day it is read. The index on `commit` tells which parts
-- hold the rows of a commit that must be taken back.

-- Within an hour the windows of a source stand together: what stays the same about it is stored
-- once. One source over days costs a granule per hour, no index needed.
CREATE TABLE IF NOT EXISTS activity (
  window DateTime('UTC') CODEC(T64, ZSTD(1)),
  sensor UInt16,
  source IPv6,
  class Enum8('any' = 0, 'scan_tcp' = 1, 'scan_udp' = 2, 'scan_icmp' = 3,
    'probe_amplification' = 4, 'backscatter_tcp' = 5, 'backscatter_udp' = 6,
    'backscatter_icmp' = 7, 'other_tcp' = 8, 'other' = 9, 'scans' = 10),
  scope Enum8('global' = 1, 'private_use' = 2, 'documentation' = 3, 'reserved' = 4,
    'multicast' = 5),
  packets UInt32 CODEC(T64, ZSTD(1)),
  bytes UInt64 CODEC(T64, ZSTD(1)),
  dark_addresses UInt32 CODEC(T64, ZSTD(1)),
  dark_hash UInt32,
  first_second UInt16 CODEC(T64('bit'), ZSTD(1)),
  last_second UInt16 CODEC(T64, ZSTD(1)),
  ttl_min UInt8,
  ttl_max UInt8,
  ports Array(UInt16) CODEC(Delta(2), ZSTD(1)),
  port_packets Array(UInt32) CODEC(T64, ZSTD(1)),
  marks Array(Enum8('null_scan' = 1, 'fin_scan' = 2, 'xmas_scan' = 3, 'mirai' = 4, 'zmap' = 5,
    'masscan' = 6, 'masscan_2023' = 7, 'nmap' = 8, 'odd_protocol' = 9, 'high_ttl' = 10,
    'odd_fragment' = 11, 'source_ends_0_or_255' = 12, 'source_is_destination' = 13,
    'port_zero' = 14, 'udp_port_80' = 15, 'unicornscan' = 16)),
  mark_packets Array(UInt32),
  commit UInt64 CODEC(Delta(8), ZSTD(1)),
  stored Date DEFAULT toDate(now('UTC')),
  INDEX commit commit TYPE minmax GRANULARITY 128
) ENGINE = MergeTree
PARTITION BY stored
ORDER BY (toStartOfHour(window), source, class, sensor, window)
TTL stored + toIntervalDay(30)
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1,
  max_bytes_to_merge_at_max_space_in_pool = 67108864,
  default_compression_codec = 'ZSTD(1)', auto_statistics_types = '',
  min_parts_to_merge_at_once = 20;

-- ORDER BY day, source: one source over months costs a granule per day, no index needed.
CREATE TABLE IF NOT EXISTS source_day (
  day Date,
  source IPv6,
  class Enum8('any' = 0, 'scan_tcp' = 1, 'scan_udp' = 2, 'scan_icmp' = 3,
    'probe_amplification' = 4, 'backscatter_tcp' = 5, 'backscatter_udp' = 6,
    'backscatter_icmp' = 7, 'other_tcp' = 8, 'other' = 9, 'scans' = 10),
  scope Enum8('global' = 1, 'private_use' = 2, 'documentation' = 3, 'reserved' = 4,
    'multicast' = 5),
  packets UInt64 CODEC(T64, ZSTD(1)),
  bytes UInt64 CODEC(T64, ZSTD(1)),
  first DateTime('UTC') CODEC(T64, ZSTD(1)),
  last DateTime('UTC') CODEC(T64, ZSTD(1)),
  windows UInt16,
  ports Array(UInt16) CODEC(Delta(2), ZSTD(1)),
  port_packets Array(UInt32) CODEC(T64, ZSTD(1)),
  marks Array(Enum8('null_scan' = 1, 'fin_scan' = 2, 'xmas_scan' = 3, 'mirai' = 4, 'zmap' = 5,
    'masscan' = 6, 'masscan_2023' = 7, 'nmap' = 8, 'odd_protocol' = 9, 'high_ttl' = 10,
    'odd_fragment' = 11, 'source_ends_0_or_255' = 12, 'source_is_destination' = 13,
    'port_zero' = 14, 'udp_port_80' = 15, 'unicornscan' = 16)),
  mark_packets Array(UInt32),
  tool Enum8('none' = 0, 'mirai' = 1, 'zmap' = 2, 'masscan' = 3, 'masscan_2023' = 4, 'nmap' = 5,
    'unicornscan' = 6),
  organisation UInt16,
  survey_evidence Enum8('none' = 0, 'list' = 1, 'name' = 2, 'behaviour' = 3),
  country UInt16,
  asn UInt32 CODEC(Delta(4), ZSTD(1)),
  commit UInt64 CODEC(Delta(8), ZSTD(1)),
  stored Date DEFAULT toDate(now('UTC')),
  INDEX commit commit TYPE minmax GRANULARITY 128
) ENGINE = MergeTree
ORDER BY (day, source, class)
TTL stored + toIntervalDay(36500)
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1,
  max_bytes_to_merge_at_max_space_in_pool = 67108864,
  default_compression_codec = 'ZSTD(1)', auto_statistics_types = '',
  min_parts_to_merge_at_once = 20;

-- One dimension of one level over a time range is one stretch of the key; small granules let the
-- key find one value within each time too.
CREATE TABLE IF NOT EXISTS numbers (
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
PARTITION BY level
ORDER BY (level, dimension, time, value, class, organisation)
TTL stored + multiIf(level = '5min', toIntervalDay(30), level = 'hour', toIntervalDay(730),
  toIntervalDay(36500))
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1,
  max_bytes_to_merge_at_max_space_in_pool = 67108864,
  default_compression_codec = 'ZSTD(1)', auto_statistics_types = '',
  index_granularity = 1024, min_parts_to_merge_at_once = 20;

CREATE TABLE IF NOT EXISTS event (
  id UInt64,
  sensor UInt16,
  source IPv6,
  start DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  end DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  state Enum8('open' = 1, 'closed' = 2, 'truncated' = 3),
  packets UInt64 CODEC(T64, ZSTD(1)),
  bytes UInt64 CODEC(T64, ZSTD(1)),
  dark_addresses UInt32,
  tcp_packets UInt64,
  udp_packets UInt64,
  icmp_packets UInt64,
  port_count UInt32,
  ports Array(UInt16),
  port_packets Array(UInt32),
  tool Enum8('none' = 0, 'mirai' = 1, 'zmap' = 2, 'masscan' = 3, 'masscan_2023' = 4, 'nmap' = 5,
    'unicornscan' = 6),
  rate Float64,
  internet_rate Float64,
  dark_share Float64,
  commit UInt64 CODEC(Delta(8), ZSTD(1)),
  INDEX source source TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX commit commit TYPE minmax GRANULARITY 128
) ENGINE = MergeTree
ORDER BY (start, source, sensor)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1,
  max_bytes_to_merge_at_max_space_in_pool = 67108864,
  default_compression_codec = 'ZSTD(1)', auto_statistics_types = '';

CREATE TABLE IF NOT EXISTS attack (
  id UInt64,
  sensor UInt16,
  victim IPv6,
  protocol UInt8,
  record Enum8('start' = 1, 'update' = 2, 'end' = 3),
  time DateTime64(9, 'UTC'),
  start DateTime64(9, 'UTC'),
  end DateTime64(9, 'UTC'),
  packets UInt64,
  bytes UInt64,
  dark_addresses UInt32,
  max_packets_per_minute UInt32,
  port_count UInt32,
  ports Array(UInt16),
  port_packets Array(UInt32),
  commit UInt64 CODEC(Delta(8), ZSTD(1)),
  INDEX victim victim TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX commit commit TYPE minmax GRANULARITY 128
) ENGINE = MergeTree
ORDER BY (start, victim, protocol, sensor, time)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1,
  default_compression_codec = 'ZSTD(1)', auto_statistics_types = '';

CREATE TABLE IF NOT EXISTS synchrony (
  time DateTime('UTC') CODEC(T64, ZSTD(1)),
  sensor UInt16,
  prefix UInt16,
  port UInt16,
  packets UInt32 CODEC(T64, ZSTD(1)),
  top_share Float32,
  commit UInt64 CODEC(Delta(8), ZSTD(1)),
  stored Date DEFAULT toDate(now('UTC')),
  INDEX commit commit TYPE minmax GRANULARITY 128
) ENGINE = MergeTree
ORDER BY (time, prefix, port, sensor)
TTL stored + toIntervalDay(30)
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1,
  max_bytes_to_merge_at_max_space_in_pool = 67108864,
  default_compression_codec = 'ZSTD(1)', auto_statistics_types = '';

CREATE TABLE IF NOT EXISTS alarm (
  kind Enum8('rising_port' = 1),
  time DateTime('UTC'),
  sensor UInt16,
  protocol UInt8,
  port UInt16,
  packets UInt64,
  hosts UInt64,
  expected_packets Float64,
  expected_hosts Float64,
  packets_score Float64,
  hosts_score Float64,
  commit UInt64 CODEC(Delta(8), ZSTD(1)),
  INDEX commit commit TYPE minmax GRANULARITY 128
) ENGINE = MergeTree
ORDER BY (time, kind, protocol, port, sensor)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1,
  default_compression_codec = 'ZSTD(1)', auto_statistics_types = '';

CREATE TABLE IF NOT EXISTS sample (
  time DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
  sensor UInt16,
  source IPv6,
  class Enum8('any' = 0, 'scan_tcp' = 1, 'scan_udp' = 2, 'scan_icmp' = 3,
    'probe_amplification' = 4, 'backscatter_tcp' = 5, 'backscatter_udp' = 6,
    'backscatter_icmp' = 7, 'other_tcp' = 8, 'other' = 9, 'scans' = 10),
  destination IPv6,
  protocol UInt8,
  source_port UInt16,
  destination_port UInt16,
  ttl UInt8,
  ip_id UInt16,
  ip_length UInt16,
  tcp_flags UInt8,
  tcp_window UInt16,
  tcp_sequence UInt32,
  icmp_type UInt8,
  icmp_code UInt8,
  payload String,
  commit UInt64 CODEC(Delta(8), ZSTD(1)),
  stored Date DEFAULT toDate(now('UTC')),
  INDEX source source TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX commit commit TYPE minmax GRANULARITY 128
) ENGINE = MergeTree
ORDER BY (time, source)
TTL stored + toIntervalDay(30)
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1,
  max_bytes_to_merge_at_max_space_in_pool = 67108864,
  default_compression_codec = 'ZSTD(1)', auto_statistics_types = '';

-- Names for the numbers in `sensor` and `organisation` columns: mirrors of state.db, for people who
-- write SQL.
CREATE TABLE IF NOT EXISTS sensor (
  id UInt16,
  name String
) ENGINE = ReplacingMergeTree
ORDER BY id
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS organisation (
  id UInt16,
  name String
) ENGINE = ReplacingMergeTree
ORDER BY id
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
