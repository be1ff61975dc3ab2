/**
 * A state knows which way of folding made it, and a service what its earlier starts have declared: so a change of either is
 * noticed.
 */
export const ways = `
alter table entity add column way int not null default 0;
alter table entity_hot add column way int not null default 0;

create table note (
  name text collate "C" primary key,
  value text not null
);
`
