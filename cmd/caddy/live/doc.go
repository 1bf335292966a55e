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
// What is compared is the frame: a hash of the configuration without those parts. It is written into apps.botcluster when a
// configuration is loaded, so that it is known after a restart as well. GET /config goes on showing the configuration that was
// loaded last; the file that `caddy run --resume` begins with holds the one that counts.
package live
