-- SPDX-License-Identifier: Apache-2.0
--
-- The numbers of ports, 256 neighbouring ports to a row: adding up a month of all ports takes
-- milliseconds where a row for each port takes seconds, and costs fewer bytes where most ports are
-- seen. A row holds what `numbers` had in a row for each port, all survey organisations together.
--
-- One class of one level over a time range is one stretch of the key for each block of ports. Parts
-- that hold nothing of the time in question are passed over because of the year in the partition.
CREATE TABLE IF NOT EXISTS port_numbers (
  level Enum8('5min' = 1, 'hour' = 2, 'day' = 3),
  time DateTime('UTC') CODEC(T64, ZSTD(1)),
  dimension Enum8('total' = 1, 'tcp_port' = 2, 'udp_port' = 3, 'country' = 4, 'asn' = 5,
    'tool' = 6, 'organisation' = 7),
  class Enum8('any' = 0, 'scan_tcp' = 1, 'scan_udp' = 2, 'scan_icmp' = 3,
    'probe_amplification' = 4, 'backscatter_tcp' = 5, 'backscatter_udp' = 6,
    'backscatter_icmp' = 7, 'other_tcp' = 8, 'other' = 9, 'scans' = 10),
  block UInt8,
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
  max_bytes_to_merge_at_max_space_in_pool = 67108864,
  default_compression_codec = 'ZSTD(1)', auto_statistics_types = '',
  index_granularity = 64, min_parts_to_merge_at_once = 20;

-- What an earlier version stored. The rows in `numbers` go when this is done (003), so that an
-- upgrade that was interrupted finds them again.
TRUNCATE TABLE port_numbers;

INSERT INTO port_numbers
SELECT level, time, dimension, class, block, survey,
  groupArrayInsertAt(0, 256)(p, place) AS packets, groupArrayInsertAt(0, 256)(h, place) AS hosts,
  commit, min(since) AS stored
FROM (
  SELECT level, dimension, time, class, toUInt8(intDiv(value, 256)) AS block,
    toUInt8(organisation > 0) AS survey, toUInt32(value % 256) AS place, commit,
    sum(packets) AS p, sum(hosts) AS h, min(stored) AS since
  FROM numbers
  WHERE dimension IN ('tcp_port', 'udp_port')
  GROUP BY level, dimension, time, class, block, survey, place, commit
)
GROUP BY level, dimension, time, class, block, survey, commit
SETTINGS max_bytes_before_external_group_by = 200000000, min_insert_block_size_bytes = 67108864;
