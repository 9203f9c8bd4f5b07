package runner

import (
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/process"
)

func TestOwnPorts(t *testing.T) {
	t.Parallel()
	if text, _ := ownPorts(process.Target{Addr: "127.0.0.1:8081", Via: process.ViaOwn}); text != "" {
		t.Errorf("%q is said about a single address", text)
	}
	text, hint := ownPorts(process.Target{Addr: "127.0.0.1:8081", Via: process.ViaOwn, Others: []string{"127.0.0.1:6061", "127.0.0.1:9090"}})
	const want = "the app listens on 127.0.0.1:8081 and on 127.0.0.1:6061, 127.0.0.1:9090; requests go to 127.0.0.1:8081"
	if text != want || !strings.Contains(hint, `app.args = ["`) || !strings.Contains(hint, "app.env = ") {
		t.Errorf("remark %q, %q, want %q with the settings to write", text, hint, want)
	}
}
