/**
 * Each queue of parked events has a row: how many there are, and when its first is tried next. And what is kept for a
 * while says until when, by the time of the database.
 */
export const queues = `
-- First: no event of the queue has a lower ticket. Due_at is null where nobody tries it by itself; given_up_by names the
-- definition that could not deal with it.
create table queue (
  queue text collate "C" primary key,
  first bigint not null,
  length int not null,
  due_at bigint,
  given_up_by text
) with (fillfactor = 50);

alter table parked add column queue text collate "C";
update parked set queue = case when source in ('deadline', 'self') then 'own/' else 'log/' end || key;
insert into queue
  select queue, min(ticket), count(*), nullif((array_agg(next_at order by ticket))[1], ${Number.MAX_SAFE_INTEGER}), null
  from parked group by queue;
update queue set given_up_by = '' where due_at is null;
alter table parked alter column queue set not null, drop column next_at;
drop index if exists parked_queue, parked_behind, parked_retry;
create index parked_of_queue on parked (queue, ticket);
create index queue_due on queue (due_at, queue);
create index queue_given_up on queue (given_up_by) where given_up_by is not null;

drop index deadline_due;
create index deadline_due on deadline (due_at, nr) where not recorded;

-- A reply was kept for 31 days.
drop index reply_age;
alter table reply alter column at type bigint using at + ${31 * 24 * 60 * 60 * 1_000};
alter table reply rename column at to until;
create index reply_end on reply (until);
`
