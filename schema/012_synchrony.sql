-- SPDX-License-Identifier: Apache-2.0
--
-- Synchrony detection: what its rows lack to tell a single target, the exact totals that they are a
-- sample of, and what was found. Rows of before have no target: 0 dark addresses.
ALTER TABLE synchrony
  ADD COLUMN IF NOT EXISTS top_dark UInt32 CODEC(LZ4) AFTER top_share,
  ADD COLUMN IF NOT EXISTS dark_addresses UInt32 CODEC(T64, LZ4) AFTER top_dark;

CREATE TABLE IF NOT EXISTS synchrony_total (
  time DateTime('UTC') CODEC(T64, ZSTD(1)),
  sensor UInt16,
  packets UInt64 CODEC(T64, ZSTD(1)),
  hosts UInt64 CODEC(T64, ZSTD(1)),
  commit UInt64 CODEC(Delta(8), ZSTD(1)),
  stored Date DEFAULT toDate(now('UTC')),
  INDEX commit commit TYPE minmax GRANULARITY 128
) ENGINE = MergeTree
ORDER BY (time, sensor)
TTL stored + toIntervalDay(30)
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1,
  default_compression_codec = 'ZSTD(1)', auto_statistics_types = '';

-- One row for each window of a sensor that was judged, from committed rows alone: it has no commit
-- of its own. A window that is judged again, after a crash say, replaces its row; read with FINAL.
CREATE TABLE IF NOT EXISTS synchrony_window (
  time DateTime('UTC'),
  sensor UInt16,
  run UInt64,
  hosts UInt16,
  packets UInt64,
  densities Array(Float64),
  learned UInt16,
  alarmed UInt8,
  counted UInt8,
  total_packets UInt64,
  total_hosts UInt64,
  packets_score Float64,
  hosts_score Float64,
  groups UInt16,
  votes UInt8,
  level UInt8,
  ports Array(UInt16),
  port_levels Array(UInt8),
  port_hosts Array(UInt16),
  port_packets Array(UInt32),
  port_votes Array(UInt8),
  prefixes Array(UInt16)
) ENGINE = ReplacingMergeTree
ORDER BY (sensor, time)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1,
  default_compression_codec = 'ZSTD(1)', auto_statistics_types = '';
