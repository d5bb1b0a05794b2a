// The process that serves the metrics of a session: this binary, started as `pipebench _metrics`. It maps the recorder of
// each run, so that a scrape costs the run nothing, and is answered while the session is busy.
#pragma once

namespace pipebench {

/// The descriptors that it finds open: the session's end of a channel (live_messages.hpp), and a listening socket.
inline constexpr int live_descriptor = 3;
inline constexpr int listener_descriptor = 4;

/// Serves /metrics, /status and /healthz until the session closes the channel.
void serve_metrics();

}  // namespace pipebench
