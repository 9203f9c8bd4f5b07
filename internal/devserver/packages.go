package devserver

import (
	"fmt"
	"slices"
	"time"

	"github.com/calendsync/devtool/internal/build/bundle"
	"github.com/calendsync/devtool/internal/policy"
)

// loadedClassic hears that a page loads a bundle as a script that cannot import
// others, such as that of its packages.
func (s *server) loadedClassic(url string) { s.send(classicScript{url}) }

// classicScript names such a bundle.
type classicScript struct{ URL string }

// open gives the page a bundle that has everything in it.
func (script classicScript) open(s *server) {
	i := slices.IndexFunc(s.entries, func(e bundle.Entry) bool { return e.URL == script.URL })
	if s.joined != "" || i < 0 || len(s.entries[i].Imports) == 0 {
		return
	}
	s.joined = fmt.Sprintf("%s is not loaded with type=\"module\"", script.URL)
	s.web.KeepWhole(s.joined)
	s.happen(policy.PackagesJoined{At: time.Now(), Script: s.entries[i].Source, Web: s.webInputs})
}
