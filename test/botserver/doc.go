// Command botserver is a stand-in for a General Bots server: it keeps the contract that the operator relies on and can be
// told to misbehave. It holds no business logic, starts in milliseconds and needs nothing but its own binary.
//
// # What it serves
//
//	GET  /health             200 {"status":"ok","service":"botserver","version":…} for as long as the process answers
//	GET  /api/health         the health document; 200 when healthy, else 503
//	*    /ws, /ws/…          WebSocket echo of every message
//	GET  /api/stream         server-sent events, one every ?interval= (default 1s), ?events= of them (default: no end)
//	POST /api/config/reload  200; the number of reloads is shown by GET /control
//	*    everything else     JSON: the name of the instance, method, path, and how many bytes of body arrived
//
// Every answer carries the header Botserver-Name with the name of the instance. Four query parameters bend one answer of
// "everything else": delay=250ms waits first, burn=20ms uses that much processor time, status=418 sets the status, size=4096
// adds a body of that many bytes.
//
// # How it misbehaves
//
// Each behaviour is a setting with an environment variable for the start and a key for run time:
//
//	variable                    key                  meaning (default)
//	PORT                        -                    TCP port to listen on (8080)
//	BOT_NAME                    -                    name of the instance (host name)
//	BOT_HEALTH                  health               healthy, degraded (503, database away) or unhealthy (503) (healthy)
//	BOT_HEALTH_SHAPE            healthShape          document (checks and metrics), server (the real server's few fields)
//	                                                 or plain (text without a document) (document)
//	BOT_HEALTH_DELAY            healthDelay          time before each answer of /api/health (0s)
//	BOT_DELAY                   delay                time before each other HTTP answer (0s)
//	BOT_FAILURE_RATE            failureRate          share of other HTTP requests that are answered 500, 0 to 1 (0)
//	BOT_LEAK_BYTES_PER_SECOND   leakBytesPerSecond   memory kept for ever, per second; 0 gives it all back (0)
//	BOT_BURN_CORES              burnCores            processor cores kept busy, e.g. 0.5 (0)
//	BOT_QUEUE_DEPTH             queueDepth           metrics.queue_depth of the health document (0)
//	BOT_SHUTDOWN_DELAY          shutdownDelay        time that the process lingers after SIGTERM before it begins to stop (0s)
//	-                           draining             what "botserver drain" switches on (false)
//
// GET /control shows the settings and what the process has in hand. POST /control takes a JSON object with any of the keys,
// changes those and answers like GET; an unknown key or a bad value is refused with 400 and changes nothing.
//
// Failures are not random: at a rate of 0.25 every fourth request fails, so that a test can count.
//
// # How it stops
//
// SIGTERM and SIGINT: no new connection is accepted, WebSockets get close code 1001, streams end, requests in hand have 10 s,
// as with the real server. "botserver drain" asks the server on PORT of the same machine to drain: /api/health answers 503 with
// the status "draining" and connections are closed after their answer. It returns at once, or with -wait=30s when nothing is
// in hand any more; exit code 1 means that the time was over first.
package main
