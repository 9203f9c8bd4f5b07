package devserver

import (
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/process"
)

func TestOwnPorts(t *testing.T) {
	t.Parallel()
	if remark, ok := ownPorts(process.Target{Addr: "127.0.0.1:8081", Via: process.ViaOwn}); ok {
		t.Errorf("%+v is told of a single address", remark)
	}
	remark, ok := ownPorts(process.Target{Addr: "127.0.0.1:8081", Via: process.ViaOwn, Others: []string{"127.0.0.1:6061", "127.0.0.1:9090"}})
	const want = "the app listens on 127.0.0.1:8081 and on 127.0.0.1:6061, 127.0.0.1:9090; requests go to 127.0.0.1:8081"
	if !ok || remark.Text != want || !strings.Contains(remark.Hint, `app.args = ["`) || !strings.Contains(remark.Hint, "app.env = ") {
		t.Errorf("remark %+v, want %q with the settings to write", remark, want)
	}
}
