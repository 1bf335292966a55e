// Package live replaces the routes of a running Caddy without touching a listener, a connection or a stream.
//
// Caddy knows one way to change: it starts everything anew and stops what was there. Listeners are opened a second time, idle
// keep-alive connections are closed under clients that are just sending, streams are cut. Routes change more often than all
// else, so they stand in a handler of their own:
//
//	{"handler": "botcluster_routes", "name": "https", "routes": […]}
//
// PUT /botcluster/config takes a whole configuration. When it differs from the running one only inside of these handlers (and
// in the revision of apps.botcluster), each handler gets its new routes, all or none; requests in hand, streams among them, end
// on the old ones, which are cleaned up after the last. Any other difference makes Caddy load the configuration as ever.
//
// What is compared is the meaning: neither the order of keys nor the spaces between them count. The configuration that Caddy has
// loaded is asked for each time, so that whatever came through Caddy's own routes of the admin API is seen. GET /config goes on
// showing the configuration that was loaded last; the file that `caddy run --resume` begins with holds the one that counts.
// Loading a configuration that is equal to the one loaded last by POST /load does nothing, as ever, also when routes were
// replaced since; PUT /botcluster/config does what it is asked to.
//
// # One after the other
//
// A Set holds what can be replaced of one configuration. A replacement and the end of its configuration wait for each other, so
// that routes never get into a configuration that is going, and the file for the next start is written last by who came last.
//
// # What is refused leaves no trace
//
// New routes are rehearsed first, with other names for the zones of caddy-ratelimit, which are shared by the whole process.
// Routes that need an app that does not run, such as pki, are loaded as a whole.
//
// # What modules inside must know
//
// They are provisioned twice and cleaned up once at once, and may serve a request that was on its way after their Cleanup, as
// all modules in Caddy. The metrics that they register are not shown: Caddy gives each such context a registry of its own.
// Routes cannot hold botcluster_routes themselves.
package live
