// SPDX-License-Identifier: Apache-2.0
//
// One port: how its packets went, who sends them and from where.
import type { RankingRow, SourceRow, TableAnswer } from '../api';
import { classColour } from '../colours';
import { t } from '../i18n';
import { ask } from '../question';
import { query, viewUrl } from '../state';
import { Asked, Empty, Notes, useAnswer } from '../ui/answer';
import { sourceColumns } from '../ui/columns';
import { Panel, ViewHead } from '../ui/controls';
import { Course } from '../ui/course';
import { Ranked } from '../ui/ranked';
import { Table } from '../ui/table';

function OnePort({ service }: { service: string }) {
  const words = t().port;
  const by = service.endsWith('/udp') ? 'udp-port' : 'tcp-port';
  const colour = classColour(by === 'udp-port' ? 'scan_udp' : 'scan_tcp');
  const sources = useAnswer<TableAnswer<SourceRow>>(
    ask('sources', { port: service, limit: 15 }).url,
  );
  const countries = useAnswer<TableAnswer<RankingRow>>(
    ask('ranking', { port: service, by: 'country', limit: 10 }).url,
  );
  const tools = useAnswer<TableAnswer<RankingRow>>(
    ask('ranking', { port: service, by: 'tool', limit: 10 }).url,
  );
  return (
    <>
      <div class="columns">
        <Course by={by} value={service} colour={colour} measure="packets" />
        <Course by={by} value={service} colour={colour} measure="hosts" />
      </div>
      <Panel
        title={words.sources}
        actions={
          <a class="more" href={viewUrl('/sources', { port: service })}>
            {t().overview.all} →
          </a>
        }
      >
        <Asked answer={sources} rows={12}>
          {({ rows, notes }) => (
            <>
              <Notes notes={notes} />
              {rows.length === 0 ? (
                <Empty />
              ) : (
                <Table
                  caption={words.sources}
                  rows={rows}
                  rowKey={(row) => row.source}
                  columns={sourceColumns(true)}
                />
              )}
            </>
          )}
        </Asked>
      </Panel>
      <div class="columns">
        <Panel title={words.countries}>
          <Ranked answer={countries} by="country" />
        </Panel>
        <Panel title={words.tools}>
          <Ranked answer={tools} by="tool" />
        </Panel>
      </div>
    </>
  );
}

export function Port() {
  const words = t().port;
  const service = (query.value.get('service') ?? '').toLowerCase();
  const match = /^(\d{1,5})\/(tcp|udp)$/.exec(service);
  const valid = match !== null && Number(match[1]) < 65_536;
  return (
    <>
      <p class="crumb">
        <a href={viewUrl('/rankings')}>{t().views.rankings}</a>
      </p>
      <ViewHead title={`${t().views.port} ${service}`} about={valid ? words.about : undefined}>
        {valid && (
          <>
            <a class="button quiet" href={viewUrl('/events', { port: service })}>
              {words.events}
            </a>
            <a class="button quiet" href={viewUrl('/sources', { port: service })}>
              {t().filter.by(service)}
            </a>
          </>
        )}
      </ViewHead>
      {valid ? (
        <OnePort service={service} />
      ) : (
        <div class="state">
          <p>{words.invalid}</p>
        </div>
      )}
    </>
  );
}
