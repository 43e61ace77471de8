//! fluxdeck: a terminal UI for Kubernetes clusters managed by Flux CD.
//!
//! # The idea
//! One `State`, owned by the `Engine`. Everything that happens is a `Message` with its time; a request by a user or a command is
//! one too, an `Intent`; every request to the outside is an `Effect` value. Screens are a stack of boxed `View`s that keep only
//! cursor, scroll and input, and read the `State`. Clusters and files are I/O shells around pure functions. The terminal program,
//! the headless commands and the tests are three drivers of the same engine: wait, update, carry out.
//!
//! The words are defined once, in the glossary of `model`.
//!
//! # The map
//! ```text
//!  main     parses arguments, calls cli, prints the error
//!  cli      one file a headless command; headless, the driver without a screen; output
//!  run      the driver with a screen: wait, drain, update, carry out effects, draw
//!  app      the engine, the stack of views, the prompt: routing only
//!  ui       ratatui, only here
//!  config   default.toml < file < environment < arguments
//!  runtime  turns effects into messages; owns all spawning; its desk: git and builds, a thread for each repository, without a cluster
//!  cluster  the API server: connect, discover, list, watch, bodies, rights, and the one place that writes
//!  git      the user's checkouts and clones in the cache: folders and commits as trees, what changed between two, what a commit is made of
//!  programs external programs: git to fetch, commit and push, $EDITOR, what prints tokens, and kustomize, kubectl, flux as a second
//!           opinion on a build, helm for charts, and what repositories name as checks
//!  forges   pull requests on GitHub, GitLab, Gitea, Forgejo and Bitbucket: opened, looked up, followed
//!  web      files of the public web, by HTTPS, that kustomization files address: bounded, and without a credential
//!  catalogs versions on offer: of charts in Helm repositories, of images and artifacts in registries
//!  credentials  tokens for forges, logins at registries, each bound to its host, from wherever the user has them; never kept
//!  records  jobs, snapshots, the log of acts, and what is remembered between runs
//!  files    the one place through which all that the program keeps on disk goes, with what is there after a crash
//!  demo     a company in memory: clusters with their API server and controllers, git and forge
//!  model    (a crate of its own) the pure core: objects, health, graph, kinds, actions, builds, state and its jobs, commands
//! ```
//!
//! # Arrows
//! `tests/architecture` checks the sources against these tables, each with its reasons, and this text against the tables. A room may name
//! these rooms:
//! ```text
//!  main        → cli
//!  cli         → run, runtime, config, records, files, cluster, git, programs, demo
//!  run         → app, runtime, ui, programs
//!  app         → ui
//!  ui          → nothing
//!  config      → nothing
//!  runtime     → cluster, git, programs, forges, web, catalogs, credentials, records, files, demo, config
//!  cluster     → programs
//!  git         → nothing
//!  programs    → nothing
//!  records     → files
//!  demo        → records, files
//!  files       → nothing
//!  forges      → credentials
//!  web         → forges
//!  catalogs    → forges, credentials
//!  credentials → programs
//! ```
//! and these of the pure core:
//! ```text
//!  main        → nothing
//!  cli         → commands, state, playbooks, change, actions, forms, insight, guards, render, kinds, domain, error
//!  run         → state, error
//!  app         → commands, state, domain, error
//!  ui          → commands, state, playbooks, change, actions, forms, insight, render, kinds, domain, error
//!  config      → domain, error
//!  runtime     → state, playbooks, change, actions, forms, insight, guards, render, kinds, domain, error
//!  cluster     → actions, kinds, domain, error
//!  git         → guards, render, domain, error
//!  programs    → guards, render, domain, error
//!  records     → domain, error
//!  demo        → render, domain, error
//!  files       → nothing
//!  forges      → domain, error
//!  web         → domain
//!  catalogs    → domain, error
//!  credentials → domain, error
//! ```
//! Only these touch what is outside; tests do not count, except where they name a library:
//! ```text
//!  kube                       → cluster, demo
//!  git2                       → git, demo
//!  octocrab                   → forges/github
//!  ratatui                    → ui, app
//!  crossterm                  → ui/terminal
//!  tokio                      → cluster, programs, runtime, run, cli, demo, forges, web/tests, catalogs, credentials/tests
//!  processes                  → programs, cluster/login, run, demo/git/place
//!  threads and tasks          → runtime
//!  threads and tasks of tests → runtime, cluster/tests/cause, programs/tests/git, files/real, records/tests, demo/git/place
//!  the file system            → files, git, programs/copy, programs/policy, programs/helm, programs/run, programs/reference,
//!                               config, records/snapshot, cluster/connect, cluster/login/mod, cli/check, cli/source,
//!                               cli/log, cli/demo, demo/git, demo/forge/pull, demo/company, credentials/tea,
//!                               credentials/folders
//!  the clock                  → run, runtime, cli/headless, cli/act, cli/changes, cli/jobs, cli/prs, cli/trust, cli/logs,
//!                               cli/snapshot, cluster/write, cluster/login, records/run, git/folder, demo/company,
//!                               demo/world
//!  the environment            → config, ui/terminal, cluster/connect, programs, cli/mod, cli/source, cli/trust, cli/log,
//!                               cli/completion, demo/git/place, credentials, forges/network
//!  sockets                    → cluster/client, cli/demo, demo/api/serve, forges/network
//! ```
//!
//! # The flow
//! ```text
//!  lists, watches ─→ cluster: pruned wire struct ─→ Kind::read ─→ deltas ─┐
//!  runtime ─→ replies, outcomes ──────────────────────────────────────────┼→ drain ≤ 4 ms → Engine::update → Store, Forest, Matches, Tables
//!  terminal ─→ Input ─→ App ─→ Intent ────────────────────────────────────┘                      └→ Effects → runtime → Message …
//!  key → keymap (the top view's scope, then everywhere) → Command → Gesture to the view, or intents → Engine
//!  act → confirmation (a value) → Job → Effect::Write, once → Outcome → Job; then the Job waits for what the watch brings
//!  changed → rows made once → only the rows on the screen → only the cells that differ
//! ```
//!
//! # One more of X
//! A module's `mod` line and its line in the slice count as one: they are in the same file. What comes for free is derived from
//! the value; `tests/declared.rs` asserts that, and finds no name of an action, a kind or a rule outside of its own file.
//! ```text
//!  one more          file                              line in                        comes for free
//!  action            model/actions/x.rs                actions/mod.rs: ALL            key, `:x`, panel, key line, help, form, `fluxdeck x`, completion, README
//!  kind              model/kinds/x.rs                  kinds/mod.rs: ALL              watch, rights, `:x`, table, edges, actions, completion, README
//!  view              ui/views/x.rs                     ui/views/mod.rs: ALL           key scope, help, footer; a Screen of its own, or one of commands/screen.rs
//!                                                                                     where commands of the model open it
//!  command           -                                 its group in model/commands    `:x`, key, help, footer, README
//!  theme             themes/x.toml                     ui/theme/mod.rs: BUILTIN       `:theme x`, completion, contrast check, screenshot
//!  check rule        model/insight/check/x.rs          check/mod.rs: RULES            `check`, JSON, annotations, SARIF, README
//!  origin layer      -                                 render/node.rs: Layer, word    every list of origins, JSON; set by its transformer
//!  playbook          model/playbooks/x.rs              playbooks/mod.rs: ALL          `fluxdeck run x`, `--help`, completion, README
//!  forge             forges/x.rs, or forges/x/         forges/mod.rs: ALL, and its    detection, `kind` in the configuration, the failures' contract suite
//!                                                      word in config/mod.rs: FORGES
//!  first cause       model/insight/why/causes/x.rs    causes/mod.rs: ALL             `w`, `fluxdeck why`, JSON, groups
//!  layer to change   model/change/ways/x.rs            ways/mod.rs: ARMS              every playbook, `--layer`, refusals
//!  caution           model/change/cautions/x.rs        cautions/mod.rs: RULES          every playbook's review and refusal, JSON
//!  headless command  cli/x.rs                          cli/command.rs (`mod` in       `--help`, completion, README
//!                                                      cli/mod.rs)
//!  form field        -                                 the form of its action         dialog, check while typing, flag, `--set`, README; read by the action's struct
//!  key of a          -                                 guards/policy.rs, and           `fluxdeck init`, README
//!  repository                                          guards/settings.rs: TABLES
//!  option            -                                 config/default.toml, and twice file, environment, README
//!                                                      in config/mod.rs
//! ```

pub mod app;
pub mod catalogs;
pub mod cli;
pub mod cluster;
pub mod config;
pub mod credentials;
pub mod demo;
pub mod files;
pub mod forges;
pub mod git;
pub mod programs;
pub mod records;
pub mod run;
pub mod runtime;
pub mod ui;
pub mod web;
