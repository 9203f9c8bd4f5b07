package bundle

import (
	"context"
	"fmt"
	"sync"

	"github.com/evanw/esbuild/pkg/api"
)

// incremental is an esbuild context that can be canceled and that knows what it
// read. It is not safe for concurrent use.
type incremental struct {
	context api.BuildContext
	reads   *readLog
	started chan struct{} // closed once the running build can be canceled
}

// newIncremental prepares a build of entries. The plugins are made for it, because
// they write down what it reads.
func newIncremental(options api.BuildOptions, entries []api.EntryPoint, plugins func(*readLog) []api.Plugin) (*incremental, error) {
	b := &incremental{reads: new(readLog)}
	options.EntryPointsAdvanced = entries
	options.Plugins = append([]api.Plugin{{Name: "devtool-start", Setup: func(build api.PluginBuild) {
		build.OnStart(func() (api.OnStartResult, error) {
			close(b.started)
			return api.OnStartResult{}, nil
		})
	}}}, plugins(b.reads)...)
	context, err := api.Context(options)
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	b.context = context
	return b, nil
}

// maxRereads bounds how often a build is repeated because of saves, so that a
// file that never rests cannot keep it from an end.
const maxRereads = 3

// rebuild brings the bundles up to date. If a file was saved meanwhile, it may
// have been read empty or half: the build is repeated then. It reports whether
// ctx ended before that was done; the result is then worth nothing.
func (b *incremental) rebuild(ctx context.Context) (result api.BuildResult, canceled bool) {
	for range 1 + maxRereads {
		if result, canceled = b.build(ctx); canceled || !b.reads.stale() {
			break
		}
	}
	return result, canceled
}

// build runs esbuild once.
func (b *incremental) build(ctx context.Context) (result api.BuildResult, canceled bool) {
	if ctx.Err() != nil {
		return result, true
	}
	b.reads.reset()
	b.started = make(chan struct{})
	done := make(chan struct{})
	var canceler sync.WaitGroup
	canceler.Go(func() {
		// To esbuild, canceling what has not begun means nothing: wait for it to
		// begin, or the request is lost.
		select {
		case <-ctx.Done():
		case <-done:
			return
		}
		select {
		case <-b.started:
			b.context.Cancel()
		case <-done:
		}
	})
	result = b.context.Rebuild()
	close(done)
	canceler.Wait()
	return result, ctx.Err() != nil && len(result.Errors) > 0
}

func (b *incremental) close() { b.context.Dispose() }
