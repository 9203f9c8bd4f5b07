// Package reload keeps browser tabs in step with the newest build. A [Hub]
// holds what every tab should show (build, phase, diagnostics, hashes of the
// sheets and scripts) and serves what stands under [routes.Prefix]: the client
// script, its websocket, the status document and the open-in-editor request.
//
// It speaks state, not events. A tab that joins or comes back is told the
// whole state, made under the lock that registers it, so nothing falls between
// the two; a tab that cannot keep up is disconnected and told everything anew
// when it returns. The tab decides by itself whether to swap sheets, to reload
// or to do nothing, by comparing the state with the tag of its document.
//
// It refuses requests without the token (but for the script itself, which
// holds no secret), websockets from a foreign origin, and open-in-editor from
// anywhere but this machine or for a diagnostic that is not in the current
// set. It does not check the Host header: whoever mounts [Hub.Handler] does.
//
// Each websocket is served by the goroutine of its HTTP request plus one
// writer, which that goroutine waits for. [Hub.Close] ends all of them and
// waits; http.Server.Shutdown does not, as it forgets hijacked connections.
package reload
