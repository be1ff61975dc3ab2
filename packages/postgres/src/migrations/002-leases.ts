/**
 * Who shares the service's work, and who has what of it. Unlogged: a renewal waits for no disk. After a crash of the
 * server the tables are empty and everybody asks anew; that is no harm, since leases only share the work.
 *
 * And an order of the events that a service delivers to itself which does not depend on the clocks of several processes:
 * `nr` is given when the head row is locked, so it rises in the order of commits.
 */
export const leases = `
alter table deadline add column nr bigint generated always as identity;
create index deadline_recorded on deadline (nr) where recorded;
drop index deadline_due;
create index deadline_due on deadline (due_at) where not recorded;

create unlogged table member (
  name text collate "C" primary key,
  wants text[] not null,
  until timestamptz not null
);

create unlogged table lease (
  thing text collate "C" primary key,
  member text collate "C" not null references member on delete cascade
);
create index lease_member on lease (member);

create view part as
  select name, wants, (select count(*) from lease where lease.member = name) as has from member;

-- See the port Leases. Things is what the member is given; of what it is not given, it keeps what is in its hand.
create function share(me text, wanted text[], in_hand text[], for_ms bigint) returns jsonb
language plpgsql set search_path from current as $$
declare
  thing_ text;
  things text[];
  free bigint;
begin
  -- One after the other, so that each sees what the one before it has done.
  lock table member in share row exclusive mode;
  delete from member where until < clock_timestamp();
  insert into member values (me, wanted, clock_timestamp() + for_ms * interval '1 millisecond')
    on conflict (name) do update set wants = excluded.wants, until = excluded.until;
  delete from lease where member = me and thing <> all(wanted);

  for thing_ in select u from unnest(wanted) u where not exists (select from lease where thing = u) loop
    insert into lease select thing_, me where not exists (
      select from part where name <> me and thing_ = any(wants) and has < (select has from part where name = me)
    );
  end loop;

  -- What is free goes to others: one would have fewer even then.
  select count(*) into free from unnest(wanted) u where not exists (select from lease where thing = u);
  select coalesce(array_agg(thing order by thing), '{}') into things from lease where member = me;
  for thing_ in select u from unnest(things) u order by u collate "C" desc loop
    exit when not exists (
      select from part where name <> me and wants && wanted and has + free + 1 < cardinality(things)
    );
    continue when not exists (
      select from part where name <> me and thing_ = any(wants) and has + free + 1 < cardinality(things)
    );
    things := array_remove(things, thing_);
    free := free + 1;
    if thing_ <> all(in_hand) then delete from lease where thing = thing_; end if;
  end loop;

  return jsonb_build_object('things', things, 'others', array(
    select name from member where name <> me and wants && wanted
  ));
end
$$;
`
