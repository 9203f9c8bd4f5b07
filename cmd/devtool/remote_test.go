package main

import (
	"testing"

	"github.com/calendsync/devtool/internal/devserver"
	"github.com/calendsync/devtool/internal/policy"
)

// TestTarget checks when wait, wait --ready and restart end, and whether well.
func TestTarget(t *testing.T) {
	t.Parallel()
	status := func(phase policy.Phase, generation int, result policy.Result) devserver.Status {
		s := devserver.Status{Phase: phase, Last: &devserver.StatusOutcome{Build: 3, Result: result}}
		if generation > 0 {
			s.Generation = &devserver.Generation{Number: generation}
		}
		return s
	}
	plain, ready, restart := target{build: 3}, target{app: true, until: true}, target{build: 3, app: true, newer: 1}
	for _, tt := range []struct {
		what       string
		target     target
		status     devserver.Status
		done, good bool
	}{
		{"all is well", plain, status(policy.Ready, 1, policy.Reloaded), true, true},
		{"an import is broken", plain, status(policy.Failed, 1, policy.Broken), true, false},
		{"nothing was built yet", plain, devserver.Status{Phase: policy.Failed}, false, false},
		{"a later build", target{build: 4}, status(policy.Ready, 1, policy.Reloaded), false, false},

		{"ready: all is well", ready, status(policy.Ready, 1, policy.Reloaded), true, true},
		{"ready: an import is broken, an app answers", ready, status(policy.Failed, 1, policy.Broken), true, true},
		{"ready: the new app did not start, the old one answers", ready, status(policy.Failed, 1, policy.Crashed), true, true},
		{"ready: nothing answers", ready, status(policy.Failed, 0, policy.Broken), false, false},
		{"ready: an app is starting", ready, status(policy.Starting, 0, policy.Broken), false, false},
		{"ready: an app is being replaced", ready, status(policy.Starting, 1, policy.Broken), false, false},
		{"ready: the app did its work and ended", ready, status(policy.Ready, 0, policy.Finished), true, true},

		{"restart: all is well", restart, status(policy.Ready, 2, policy.Reloaded), true, true},
		{"restart: an import is broken", restart, status(policy.Failed, 2, policy.Reloaded), true, true},
		{"restart: the old app stayed", restart, status(policy.Failed, 1, policy.Crashed), true, false},
		{"restart: the last good app is back", restart, status(policy.Failed, 3, policy.Restored), true, false},
		{"restart: nothing answers", restart, status(policy.Failed, 0, policy.Crashed), true, false},
		{"restart: under way", restart, status(policy.Starting, 1, policy.Reloaded), false, false},
	} {
		if done, good := tt.target.reached(tt.status); done != tt.done || good != tt.good {
			t.Errorf("%s: done %v, good %v; want %v, %v", tt.what, done, good, tt.done, tt.good)
		}
	}
}
