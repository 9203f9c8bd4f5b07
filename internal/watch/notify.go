package watch

import (
	"errors"
	"fmt"
	"sync"

	"github.com/fsnotify/fsnotify"
)

// notify is the backend of the operating system's events.
type notify struct {
	watcher *fsnotify.Watcher
	drained sync.WaitGroup
}

func openNotify(s sink) (backend, error) {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	n := &notify{watcher: watcher}
	n.drained.Go(func() { n.drain(s) })
	return n, nil
}

// drain empties fsnotify's channels into s until they are closed, and does
// nothing else. On Windows Add waits for drain, so drain must never wait for the
// tree.
func (n *notify) drain(s sink) {
	events, errs := n.watcher.Events, n.watcher.Errors
	for events != nil || errs != nil {
		select {
		case event, ok := <-events:
			if !ok {
				events = nil
				continue
			}
			s.hint(event.Name, happening{
				moved:   event.Op&(fsnotify.Create|fsnotify.Remove|fsnotify.Rename) != 0,
				written: event.Has(fsnotify.Write),
			})
		case err, ok := <-errs:
			if !ok {
				errs = nil
				continue
			}
			s.rescan(lossText(err))
		}
	}
}

func lossText(err error) string {
	if errors.Is(err, fsnotify.ErrEventOverflow) {
		return "more files changed at once than the event queue holds"
	}
	return fmt.Sprintf("the event queue failed (%v)", err)
}

func (n *notify) Add(dir string) error { return n.watcher.Add(dir) }

// Remove ignores errors: the watch is gone by itself when its directory is.
func (n *notify) Remove(dir string) { _ = n.watcher.Remove(dir) }

func (n *notify) Close() {
	_ = n.watcher.Close()
	n.drained.Wait()
}
