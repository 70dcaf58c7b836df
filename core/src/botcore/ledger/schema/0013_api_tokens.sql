-- Personal access tokens: a person's leave for a program to use the REST API within scopes, until an instant. Of the
-- token only SHA-256 is stored, as of a session's (SEC-18); a revoked one stays revoked.

create table kbots.api_tokens (
    id uuid primary key default gen_random_uuid(), -- what its person names it by; it opens nothing
    token_hash bytea not null unique,
    user_id uuid not null references kbots.users,
    label text not null check (length(label) between 1 and 60),
    scopes text[] not null check (cardinality(scopes) between 1 and 3 and scopes <@ array['read', 'trade', 'keys']),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    last_used_at timestamptz, -- to the minute
    last_used_ip text not null default '',
    revoked_at timestamptz
);
create index api_tokens_user on kbots.api_tokens (user_id);
grant select, insert, update (last_used_at, last_used_ip, revoked_at) on kbots.api_tokens to kbots_dashboard;
