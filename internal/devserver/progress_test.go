package devserver

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/calendsync/devtool/internal/policy"
)

func TestProgressIsToldEverMoreRarely(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []time.Duration
		s := narrator{func(m policy.Message) { told = append(told, time.Duration(m.(policy.Progress).Took)) }}
		done := s.attend("boot")
		time.Sleep(8 * time.Second)
		done()
		time.Sleep(time.Minute)
		if len(told) != 3 || told[0] != time.Second || told[1] != 3*time.Second || told[2] != 7*time.Second {
			t.Errorf("told after %v, want 1, 3 and 7 s", told)
		}
		s.attend("stop")()
		if len(told) != 3 {
			t.Error("told of a step that was over at once")
		}
	})
}
