/**
 * What is written at each commit no longer gathers row versions while somebody holds a snapshot (see ADR 17): a lock and the
 * last event do what the head row did, an entity that is written often moves on, an offset is a new row each time.
 */
export const growth = `
-- The position before the first event of a batch. Whoever is through has the service to itself until the commit, and sees
-- what the one before has committed: in here each statement has a snapshot of its own. What the head row holds is the least
-- position, for a log whose beginning was taken away. The names are written out, since a function that sets its search path
-- costs as much again.
do $do$ begin execute format($format$
  create function %1$I.enter() returns bigint language plpgsql as $$
  declare
    done text;
  begin
    done := pg_advisory_xact_lock(%2$s);
    return (select greatest(head.pos, (select max(event.pos) from %1$I.event)) from %1$I.head);
  end
  $$
$format$, current_schema(), hashtextextended('waybill head ' || current_schema(), 0)); end $do$;

-- A row of entity stays for ever: it is what a batch locks, and what a second creator meets. An entity that was written
-- often leaves it, and then its state is null; it lives in entity_hot, as the row of the highest gen. Writes counts how
-- often a row was written where it stands.
alter table entity add column writes smallint not null default 0, alter column state drop not null;
create table entity_hot (
  subject text collate "C",
  gen int,
  version int not null,
  state text not null,
  writes smallint not null default 0,
  primary key (subject, gen)
) with (fillfactor = 50);

create view entity_state as
  select subject, version, state::json from entity where state is not null
  union all
  select e.subject, hot.version, hot.state::json from entity e, lateral (
    select version, state from entity_hot h where h.subject = e.subject order by gen desc limit 1
  ) hot where e.state is null;

-- Next = -1 stays for ever: it is what a second one that begins the same partition meets.
alter table offsets drop constraint offsets_pkey;
alter table offsets add column mark text, add primary key (source, partition, next);
alter table offsets reset (fillfactor);
insert into offsets (source, partition, next) select source, partition, -1 from offsets;
`
