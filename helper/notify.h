// `weft-helper notify`: sends one mail or one hook, at most once per key, and notes in the journal
// what became of it. It outlives the engine that started it, so it depends on nothing of the engine
// but its standard input, and its word goes to the journal before it goes to standard output.
//
// Standard input: one line of JSON, then exactly `body_bytes` bytes, which are sent as they are.
//   journal_fd    the journal's descriptor, locked for us (stdlib/notify/journal.h)
//   channel       "smtp" or "http"
//   url           smtp://, smtps://, http:// or https://
//   ca            file of the certificates to trust; absent or "": the system's
//   timeout_ms    for all of it; 0: none
//   body_bytes, receipt (what to note when the receiver has accepted), repeatable
//   smtp: from, to: [address], user, password, tls: "none" | "starttls" | "required"
//   http: headers: [[name, value]]
// Standard output: {"status":"accepted"}, or {"status":"failed","error":NAME,"message":TEXT} with
// "retry_after_ms" when the receiver named a delay. Whether the message went is in the journal
// alone.
#pragma once

namespace weft::helper {

int notify_main();

}  // namespace weft::helper
