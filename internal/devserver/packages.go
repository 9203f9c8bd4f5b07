package devserver

import (
	"fmt"
	"slices"
	"time"

	"github.com/calendsync/devtool/internal/build/bundle"
	"github.com/calendsync/devtool/internal/policy"
)

// loadedClassic is called when a page loads a script as a classic script. A
// bundle loaded like that cannot import the package bundle.
func (s *server) loadedClassic(url string) { s.send(classicScript{url}) }

// classicScript names the script, which may be a bundle.
type classicScript struct{ URL string }

// open makes the page get a bundle that contains its packages.
func (script classicScript) open(l *loop) {
	i := slices.IndexFunc(l.web.entries, func(e bundle.Entry) bool {
		return e.URL == script.URL || l.web.dir != nil && l.web.dir.isCopy(script.URL, e.URL)
	})
	if l.web.whole != "" || i < 0 || len(l.web.entries[i].Imports) == 0 {
		return
	}
	l.web.whole = fmt.Sprintf("%s is not loaded with type=\"module\"", script.URL)
	l.web.bundler.KeepWhole(l.web.whole)
	l.happen(policy.PackagesWhole{At: time.Now(), Script: l.web.entries[i].Source, Web: l.web.inputs})
}
