package reload

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/gorilla/websocket"

	"github.com/calendsync/devtool/internal/routes"
)

// route is one row of the table of all routes.
type route struct {
	methods  []string
	public   bool // needs no token
	loopback bool // only for requests from this machine
	serve    http.HandlerFunc
}

func (h *Hub) route(path string) (route, bool) {
	read := []string{http.MethodGet, http.MethodHead}
	switch path {
	case routes.Prefix + "client.js":
		return route{methods: read, public: true, serve: serveScript(h.script)}, true
	case routes.Prefix + "hot.js":
		return route{methods: read, public: true, serve: serveScript(h.hot)}, true
	case routes.Prefix + "ws":
		return route{methods: []string{http.MethodGet}, serve: h.serveSocket}, true
	case routes.Prefix + "status":
		return route{methods: read, serve: h.serveStatus}, true
	case routes.Prefix + "open":
		return route{methods: []string{http.MethodPost}, loopback: true, serve: h.serveOpen}, true
	}
	if strings.HasPrefix(path, routes.Patch) { // as secret as the bundles are
		return route{methods: read, public: true, serve: h.servePatch}, true
	}
	return route{}, false
}

// Handler serves every path under [routes.Prefix]. The request's URL must still
// begin with the prefix.
func (h *Hub) Handler() http.Handler { return http.HandlerFunc(h.serve) }

func (h *Hub) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
	to, ok := h.route(r.URL.Path)
	switch {
	case !ok:
		http.NotFound(w, r)
	case !slices.Contains(to.methods, r.Method):
		w.Header().Set("Allow", strings.Join(to.methods, ", "))
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	case !to.public && !h.authorized(r):
		http.Error(w, "this needs the token of the injected script tag: ?token= or Authorization: Bearer", http.StatusForbidden)
	case to.loopback && !fromLoopback(r):
		http.Error(w, "only pages on the machine that runs devtool may do this", http.StatusForbidden)
	default:
		to.serve(w, r)
	}
}

func (h *Hub) authorized(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		token = r.URL.Query().Get("token")
	}
	return subtle.ConstantTimeCompare([]byte(token), []byte(h.opts.Token)) == 1
}

// fromLoopback reports whether this machine sent r. It ignores headers, which
// say what the peer likes.
func fromLoopback(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && peer.Addr().Unmap().IsLoopback()
}

// originAllowed reports whether a page that sends r may have an answer: a page
// of the host that r asks, or one that the options allow. Programs that are not
// browsers send no origin and may, too.
func (h *Hub) originAllowed(r *http.Request) bool {
	header := r.Header.Values("Origin")
	if len(header) == 0 {
		return true
	}
	origin, err := url.Parse(header[0])
	if err != nil || len(header) > 1 || origin.Host == "" || (origin.Scheme != "http" && origin.Scheme != "https") {
		return false // such as "null"
	}
	if header[0] != origin.Scheme+"://"+origin.Host {
		return false // no browser sends this
	}
	return strings.EqualFold(origin.Host, r.Host) || h.opts.AllowOrigin != nil && h.opts.AllowOrigin(origin.Host)
}

// script is the client as it is served.
type script struct {
	text []byte
	etag string
}

func newScript(text []byte) script {
	sum := sha256.Sum256(text)
	return script{text, `"` + hex.EncodeToString(sum[:8]) + `"`}
}

func serveScript(bundle func() (script, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s, err := bundle()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("ETag", s.etag)
		if r.Header.Get("If-None-Match") == s.etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		_, _ = w.Write(s.text) // it fails when the browser has left
	}
}

func (h *Hub) serveStatus(w http.ResponseWriter, r *http.Request) {
	var status any = h.snapshot()
	if h.opts.Status != nil {
		status = h.opts.Status()
	}
	text, err := json.MarshalIndent(status, "", "  ")
	if err != nil {
		http.Error(w, "marshal the status: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(append(text, '\n'))
}

// serveOpen opens an editor at the problem or frame with the id in the request,
// which never holds a path. It accepts only JSON, which a form on a page of
// another origin cannot send.
func (h *Hub) serveOpen(w http.ResponseWriter, r *http.Request) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		http.Error(w, "send application/json", http.StatusUnsupportedMediaType)
		return
	}
	if !h.originAllowed(r) {
		http.Error(w, "foreign origin", http.StatusForbidden)
		return
	}
	var request struct {
		ID string `json:"id"`
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, 4<<10)).Decode(&request); err != nil {
		http.Error(w, `send {"id": "…"}: `+err.Error(), http.StatusBadRequest)
		return
	}
	at, known := h.snapshot().find(request.ID)
	if !known {
		http.Error(w, "there is no such problem any more", http.StatusNotFound)
		return
	}
	if h.opts.OnOpen == nil {
		http.Error(w, "no editor is set up", http.StatusNotImplemented)
		return
	}
	to, err := h.opts.OnOpen(at)
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	case to != "":
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]string{"url": to}) // it fails when the browser has left
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// offersProtocol reports whether the client speaks this version.
func offersProtocol(r *http.Request) bool {
	return slices.Contains(websocket.Subprotocols(r), protocol)
}
