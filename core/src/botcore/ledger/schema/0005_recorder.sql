-- The flight recorder: what every bot's inbox held, for 7 days. Written in batches, read by a person's tool.

create table kbots.recorder (
    -- Real time of its first record, by the bot's clock.
    at timestamptz not null,
    bot_uid uuid not null default kbots.my_bot(),
    -- One life of a process, and this batch's place in it: a missing number is a lost batch.
    run uuid not null,
    number bigint not null check (number > 0),
    -- Whether it begins with a state from which a replay can start.
    is_checkpoint boolean not null,
    -- Lines of JSON, deflated; the stream begins with a checkpoint.
    records bytea not null check (length(records) between 1 and 1048576),
    primary key (bot_uid, at, run, number)
) partition by range (at);
create index recorder_checkpoints on kbots.recorder (bot_uid, at desc) where is_checkpoint;
create index recorder_age on kbots.recorder using brin (at);
create table kbots.recorder_default partition of kbots.recorder default;

alter table kbots.recorder enable row level security;
create policy bot_rows on kbots.recorder to kbots_bot
    using (bot_uid = (select kbots.my_bot())) with check (bot_uid = (select kbots.my_bot()));
create policy owner_rows on kbots.recorder for select to kbots_dashboard
    using (bot_uid in (select bot_uid from kbots.bot_logins));
create policy all_rows on kbots.recorder for select to kbots_operator, kbots_admin using (true);
grant select on kbots.recorder to kbots_bot, kbots_dashboard, kbots_operator, kbots_admin;
grant insert on kbots.recorder to kbots_bot;

-- An admin names a bot, the recording knows its uid.
create policy admin_rows on kbots.bot_logins for select to kbots_admin using (true);
grant select (bot_uid, namespace, name, created_at) on kbots.bot_logins to kbots_admin;

-- Makes this month's and the next two months' partitions; rows beyond them go to the default partition.
create or replace function kbots.ensure_partitions() returns void
    language plpgsql security definer set search_path = pg_catalog
as $$
declare
    parent text;
    month date;
begin
    foreach parent in array array['equity', 'bot_logs', 'recorder'] loop
        for month in select generate_series(date_trunc('month', now()), date_trunc('month', now()) + interval '2 months', interval '1 month')::date loop
            begin
                execute format('create table if not exists kbots.%I partition of kbots.%I for values from (%L) to (%L)',
                    parent || '_' || to_char(month, 'YYYYMM'), parent, month, month + interval '1 month');
            exception when check_violation then
                -- rows of that month already lie in the default partition; they stay readable there
                null;
            end;
        end loop;
    end loop;
end
$$;
select kbots.ensure_partitions();

-- Forgets what is older than 7 days: whole months by their partition, days by at most `p_most` rows a call, so
-- that one call stays short. Returns how many rows it deleted; fewer than asked for means that none is left.
create function kbots.forget_recordings(p_most integer) returns bigint
    language plpgsql security definer set search_path = pg_catalog
as $$
declare
    expired timestamptz := now() - interval '7 days';
    child record;
    result bigint;
begin
    for child in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'kbots.recorder'::regclass and c.relname ~ '^recorder_[0-9]{6}$'
          and to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month' <= expired
    loop
        execute format('drop table kbots.%I', child.relname);
    end loop;
    delete from kbots.recorder r using (
        select bot_uid, at, run, number from kbots.recorder where at < expired limit p_most
    ) old
    where (r.bot_uid, r.at, r.run, r.number) = (old.bot_uid, old.at, old.run, old.number) and r.at < expired;
    get diagnostics result = row_count;
    return result;
end
$$;
revoke all on function kbots.forget_recordings(integer) from public;
grant execute on function kbots.forget_recordings(integer) to kbots_operator;
