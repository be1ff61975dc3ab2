/** One service's tables; `at`, `since`, `due_at`, `next_at` are milliseconds since 1970. */
export const tables = `
create table head (pos bigint not null);
insert into head values (0);

create table event (
  pos bigint primary key,
  id uuid not null,
  type text not null,
  topic text,
  key text not null,
  subject text collate "C",
  correlation_id uuid not null,
  causation_id uuid,
  traceparent text,
  at bigint not null,
  payload bytea not null
);
create index event_history on event (subject, pos) where subject is not null;
create index event_flow on event (correlation_id);

create table event_subject (
  subject text collate "C",
  pos bigint,
  primary key (subject, pos)
);

create table entity (
  subject text collate "C" primary key,
  version int not null,
  state text not null
) with (fillfactor = 50);

create table deadline (
  id uuid primary key,
  due_at bigint not null,
  recorded boolean not null,
  type text not null,
  topic text,
  key text not null,
  subject text,
  correlation_id uuid not null,
  causation_id uuid,
  traceparent text,
  at bigint not null,
  payload bytea not null
);
create index deadline_due on deadline (due_at);

create table parked (
  ticket bigint generated always as identity primary key,
  source text not null,
  reason text not null,
  attempts int not null,
  error_code text,
  error_message text,
  since bigint not null,
  next_at bigint not null,
  id uuid not null,
  type text not null,
  topic text,
  key text collate "C" not null,
  subject text,
  correlation_id uuid not null,
  causation_id uuid,
  traceparent text,
  at bigint not null,
  payload bytea not null
);
create index parked_queue on parked (key, ticket);
create index parked_behind on parked (key) where reason = 'behind';
create index parked_retry on parked (next_at) where reason <> 'behind';

create table offsets (
  source text collate "C",
  partition int,
  next bigint not null,
  primary key (source, partition)
) with (fillfactor = 50);

create table inbox (
  event_id uuid primary key,
  at bigint not null
);
create index inbox_age on inbox (at);

create table reply (
  slot text collate "C" primary key,
  fingerprint text not null,
  reply text,
  at bigint not null
);
create index reply_age on reply (at);

create table sequence (
  name text collate "C" primary key,
  value bigint not null
);

-- Makes a statement fail, and so the commit that is already on its way behind it.
create function expect(changed bigint, wanted bigint, code text) returns void language plpgsql as $$
begin
  if changed <> wanted then
    raise exception '% of % rows are as they were loaded', changed, wanted using errcode = code;
  end if;
end
$$;
`
