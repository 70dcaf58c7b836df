-- Viewers, links that renew an account, and sessions their person can name.

alter table kbots.users drop constraint users_role_check;
alter table kbots.users add constraint users_role_check check (role in ('admin', 'trader', 'viewer'));
alter table kbots.invites drop constraint invites_role_check;
alter table kbots.invites add constraint invites_role_check check (role in ('admin', 'trader', 'viewer'));

-- A link with an account renews that one: a new password, no second factor, no session (SEC-34). Others make one.
alter table kbots.invites add column user_id uuid references kbots.users;

-- What a person names a session of theirs by; it opens nothing.
alter table kbots.sessions add column id uuid not null default gen_random_uuid() unique;
