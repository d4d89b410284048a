// SPDX-License-Identifier: Apache-2.0
//
// One organisation of survey scanners: how much it sends, by what it was told apart, what it asks
// for and from where.
import type { RankingRow, ScannerRow, SourceRow, TableAnswer } from '../api';
import { classColour } from '../colours';
import { count, percent } from '../format';
import { t } from '../i18n';
import { ask } from '../question';
import { query, viewUrl } from '../state';
import { Asked, Empty, Notes, useAnswer } from '../ui/answer';
import { sourceColumns } from '../ui/columns';
import { Panel, ViewHead } from '../ui/controls';
import { Course } from '../ui/course';
import { Fact } from '../ui/fact';
import { Ranked } from '../ui/ranked';
import { Table } from '../ui/table';

function Facts({ row }: { row: ScannerRow }) {
  const col = t().col;
  return (
    <dl class="facts">
      <Fact label={col.packets}>{count(row.packets)}</Fact>
      <Fact label={col.ofScans}>{percent(row.share)}</Fact>
      <Fact label={col.hosts}>{count(row.hosts)}</Fact>
      <Fact label={col.ports}>{count(row.ports)}</Fact>
      <Fact label={col.days}>{count(row.days)}</Fact>
      <Fact label={col.byList}>{count(row.listed_hosts)}</Fact>
      <Fact label={col.byName}>{count(row.named_hosts)}</Fact>
      <Fact label={col.byBehaviour}>{count(row.behaving_hosts)}</Fact>
    </dl>
  );
}

function OneOrganisation({ name }: { name: string }) {
  const words = t().organisation;
  const organisation = name;
  const all = useAnswer<TableAnswer<ScannerRow>>(ask('scanners', { limit: 1000 }).url);
  const ports = useAnswer<TableAnswer<RankingRow>>(
    ask('ranking', { organisation, by: 'port', limit: 10 }).url,
  );
  const countries = useAnswer<TableAnswer<RankingRow>>(
    ask('ranking', { organisation, by: 'country', limit: 10 }).url,
  );
  const sources = useAnswer<TableAnswer<SourceRow>>(
    ask('sources', { organisation, limit: 15 }).url,
  );
  return (
    <>
      <Asked answer={all} rows={3}>
        {({ rows }) => {
          const own = rows.find((row) => row.organisation === name);
          return own ? <Facts row={own} /> : <Empty say={words.unseen} />;
        }}
      </Asked>
      {name === 'unknown' && <p class="hint">{words.unknownHelp}</p>}
      <div class="columns">
        <Course by="organisation" value={name} colour={classColour('scan_tcp')} measure="packets" />
        <Course by="organisation" value={name} colour={classColour('scan_tcp')} measure="hosts" />
      </div>
      <div class="columns">
        <Panel title={t().col.ports}>
          <Ranked answer={ports} by="port" />
        </Panel>
        <Panel title={t().port.countries}>
          <Ranked answer={countries} by="country" />
        </Panel>
      </div>
      <Panel
        title={t().views.sources}
        actions={
          <a class="more" href={viewUrl('/sources', { organisation })}>
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
                  caption={t().views.sources}
                  rows={rows}
                  rowKey={(row) => row.source}
                  columns={sourceColumns(true)}
                />
              )}
            </>
          )}
        </Asked>
      </Panel>
    </>
  );
}

export function Organisation() {
  const name = query.value.get('name') ?? '';
  const shown = name === 'unknown' ? t().statistics.unknown : name;
  return (
    <>
      <p class="crumb">
        <a href={viewUrl('/scanners')}>{t().views.scanners}</a>
      </p>
      <ViewHead title={shown} about={t().organisation.about}>
        <a class="button quiet" href={viewUrl('/sources', { organisation: name })}>
          {t().filter.by(shown)}
        </a>
      </ViewHead>
      <OneOrganisation name={name} />
    </>
  );
}
