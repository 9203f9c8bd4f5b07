package proxy

import (
	"bytes"
	"maps"
	"net/http"
	"regexp"
	"sync/atomic"
	"time"
)

// Asset is a bundle, or something else that a build keeps in memory. It must not
// change after [Proxy.SetAssets].
type Asset struct {
	Contents []byte
	Type     string // the Content-Type
	Hash     string // of Contents
}

// keptBuilds is for how many builds more an asset with a hash in its name is
// served: a page that was loaded before may still import it. Builds of which no
// page has loaded anything do not count, as after hot updates.
const keptBuilds = 5

// hashedName is how esbuild writes [hash]: eight characters of base32.
var hashedName = regexp.MustCompile(`[-.][A-Z2-7]{8}\.[^/]*$`)

// assetSet is served by exact URL path. No path is ever joined to another.
type assetSet struct {
	byURL map[string]Asset
	stale map[string]int // of byURL, those of earlier builds, and for how many more
	used  atomic.Bool    // something of this build was asked for
}

// SetAssets replaces everything that is served from memory by byURL, a map from
// URL paths. Assets of earlier builds whose names hold a hash stay for a few
// builds.
func (p *Proxy) SetAssets(byURL map[string]Asset) {
	set := &assetSet{byURL: maps.Clone(byURL), stale: make(map[string]int)}
	if set.byURL == nil {
		set.byURL = make(map[string]Asset)
	}
	if old := p.assets.Load(); old != nil {
		for url, asset := range old.byURL {
			left, stale := old.stale[url]
			switch used := old.used.Load(); {
			case !stale && used:
				left = keptBuilds
			case stale && !used:
				left++ // the build does not count
			}
			if _, ok := byURL[url]; !ok && left > 0 && hashedName.MatchString(url) {
				set.byURL[url], set.stale[url] = asset, left-1
			}
		}
	}
	p.assets.Store(set)
}

// serveAsset serves an asset. It reports whether there is one for r.
func (p *Proxy) serveAsset(w http.ResponseWriter, r *http.Request) bool {
	set := p.assets.Load()
	if set == nil || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	asset, ok := set.byURL[r.URL.Path]
	if _, stale := set.stale[r.URL.Path]; ok && !stale {
		set.used.Store(true)
	}
	if ok && !p.ownAnswer(w, r) {
		return true
	}
	if p.options.Classic != nil && isClassic(r.Header) {
		p.options.Classic(r.URL.Path)
	}
	if !ok {
		return false
	}
	h := w.Header()
	h.Set("Content-Type", asset.Type)
	h.Set("Etag", `"`+asset.Hash+`"`)
	// Bundles name one another by v, the client by devtool.
	if q := r.URL.Query(); asset.Hash != "" && (q.Get("v") == asset.Hash || q.Get("devtool") == asset.Hash) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(asset.Contents))
	return true
}

// isClassic reports whether the browser may run the answer as a script that cannot
// import others. Requests for modules use CORS. The request for a worker does not
// say which of the two it is.
func isClassic(h http.Header) bool {
	switch h.Get("Sec-Fetch-Dest") {
	case "script":
		return h.Get("Sec-Fetch-Mode") == "no-cors"
	case "worker", "sharedworker", "serviceworker":
		return true
	}
	return false
}
