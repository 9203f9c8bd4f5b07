// Package reload keeps browser tabs in step with the newest build. A [Hub]
// holds what every tab should show (build, phase, problems, hashes of the style
// sheets and scripts) and serves the routes under [routes.Prefix]: the client
// script, its websocket, the status document and the request to open an editor.
//
// The hub sends state, not events. A tab that joins or comes back receives the
// whole state, which the hub reads under the lock that registers the tab, so
// the tab misses nothing in between. The hub disconnects a tab that cannot keep
// up; when it returns, it receives the whole state again. Each tab compares the
// state with the tag of its document and decides whether to swap style sheets,
// to reload or to do nothing.
//
// The hub refuses requests without the token, except for the script, which
// holds no secret. It refuses websockets from another origin. It opens an
// editor only for requests from this machine, and only at a problem that it
// shows at the moment. It does not check the Host header: whoever mounts
// [Hub.Handler] has to.
//
// Two goroutines serve a websocket: that of its HTTP request, and a writer that
// the former waits for. [Hub.Close] ends all of them and waits, as
// http.Server.Shutdown does not wait for hijacked connections.
package reload
