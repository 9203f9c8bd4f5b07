package socket

import (
	"context"
	"time"

	"github.com/calendsync/devtool/internal/feedback"
)

// Process is one run of the command.
type Process interface {
	// Done is closed when it has exited.
	Done() <-chan struct{}
	// Stop asks it to end, forces it after a while, and returns when it is
	// gone. Stopping one that is gone does nothing.
	Stop(ctx context.Context) (forced bool)
}

// EventKind says what happened to the command.
type EventKind int

const (
	Started    EventKind = iota + 1 // Process runs
	Exited                          // Process ended by itself; a change starts it again
	Restarting                      // Paths changed
	Killed                          // Process had to be forced to end
	Failed                          // it could not be started again: Err
	Feedback                        // Process writes Paths, which no longer restart it
)

// Event tells the user what a supervisor does.
type Event struct {
	Kind    EventKind
	Process Process
	Paths   []string
	Err     error
}

// Supervisor runs a command and replaces it, the old one first, whenever files
// change. The sockets stay open in between, and clients wait in their queues. Files
// that the command itself writes each time it is started do not go on restarting it.
type Supervisor struct {
	// Start starts the command with the sockets. Its context never ends: Run
	// stops every process itself.
	Start func(ctx context.Context) (Process, error)
	// Changes delivers the files that changed and matter, and is never closed.
	// What arrives while the command is being stopped leads to no restart of
	// its own.
	Changes <-chan []string
	// Report is called from Run and should not block; may be nil.
	Report func(Event)
}

// Run supervises until ctx ends, and returns nil with no process left. It
// fails only if the very first start does: a command that cannot be started
// later may be in the middle of being rebuilt, and the next change tries again.
func (s *Supervisor) Run(ctx context.Context) error {
	var brake feedback.Brake
	for first := true; ctx.Err() == nil; first = false {
		s.drain()
		brake = brake.Started(time.Now())
		p, err := s.Start(context.WithoutCancel(ctx))
		switch {
		case err != nil && first:
			return err
		case err != nil:
			s.report(Event{Kind: Failed, Err: err})
			s.await(ctx, &brake, nil, nil)
		default:
			s.report(Event{Kind: Started, Process: p})
			s.await(ctx, &brake, p, p.Done())
			if p.Stop(context.WithoutCancel(ctx)) {
				s.report(Event{Kind: Killed, Process: p})
			}
		}
	}
	return nil
}

// await returns when it is time for the next start, or for the end.
func (s *Supervisor) await(ctx context.Context, brake *feedback.Brake, p Process, done <-chan struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case paths := <-s.Changes:
			var v feedback.Verdict
			*brake, v = brake.Changed(paths, time.Now(), feedback.Short)
			if len(v.Caught) > 0 {
				s.report(Event{Kind: Feedback, Process: p, Paths: v.Caught})
			}
			if len(v.Count) == 0 {
				continue
			}
			s.report(Event{Kind: Restarting, Process: p, Paths: v.Count})
			return
		case <-done:
			s.report(Event{Kind: Exited, Process: p})
			done = nil
		}
	}
}

func (s *Supervisor) drain() {
	for {
		select {
		case <-s.Changes:
		default:
			return
		}
	}
}

func (s *Supervisor) report(e Event) {
	if s.Report != nil {
		s.Report(e)
	}
}
