-- Second factors: codes by time, recovery codes, and sign-ins whose password was right and whose code is awaited.

create table kbots.second_factors (
    user_id uuid primary key references kbots.users,
    sealed_secret bytea not null, -- AES-256-GCM, bound to the account (SEC-36)
    confirmed_at timestamptz, -- on from the first right code (SEC-28)
    last_step bigint not null default 0 -- the newest 30 seconds whose code was used (SEC-30)
);
create table kbots.recovery_codes (
    code_hash bytea primary key,
    user_id uuid not null references kbots.users,
    used_at timestamptz
);
create index recovery_codes_user on kbots.recovery_codes (user_id);
create table kbots.pending_sign_ins (
    token_hash bytea primary key,
    user_id uuid not null references kbots.users,
    failures integer not null default 0,
    expires_at timestamptz not null
);
grant select, insert, update, delete on kbots.second_factors, kbots.recovery_codes, kbots.pending_sign_ins
    to kbots_dashboard;
