package devserver

import (
	"fmt"
	"testing"

	"github.com/calendsync/devtool/internal/policy"
)

const slowApp = `package main

import (
	"net/http"
	"os"
	"time"
)

func main() {
	if _, err := os.Stat("broken"); err == nil {
		panic("no days")
	}
	time.Sleep(200 * time.Millisecond)
	http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), http.NotFoundHandler())
}
`

// TestSettingsEditedDuringBoot edits settings while the app boots. Goroutines
// beside the loop must use only the settings they were started with, which the
// race detector checks.
func TestSettingsEditedDuringBoot(t *testing.T) {
	t.Parallel()
	s := serveProject(t, map[string]string{"main.go": slowApp, "devtool.toml": "[app]\nargs = [\"0\"]\n"})
	await[policy.AppReady](s, nil)
	s.write("broken", "")
	rounds := 60
	if testing.Short() {
		rounds = 6
	}
	for n := range rounds {
		s.asks <- policy.Restart
		s.write("devtool.toml", fmt.Sprintf("[app]\ndrain_timeout = \"%dms\"\n", n+100))
		await[policy.SettingsRead](s, nil)
	}
}
