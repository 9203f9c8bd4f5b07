package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/calendsync/devtool/internal/build/bundle"
	"github.com/calendsync/devtool/internal/build/gobuild"
	"github.com/calendsync/devtool/internal/certificate"
	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/devserver"
	"github.com/calendsync/devtool/internal/socket"
)

func TestExitCode(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  error
		want int
	}{
		{nil, exitOK},
		{context.Canceled, exitOK},
		{errInterrupted, exitForced},
		{errReported, exitFailed},
		{fs.ErrPermission, exitFailed},
		{devserver.ErrOnce, exitFailed},
		{errUnfit, exitUnfit},
		{&nobodyError{}, exitUnfit},
		{&gobuild.Error{Err: gobuild.ErrNoToolchain}, exitUnfit},
		{&gobuild.Error{Err: gobuild.ErrDiskFull}, exitUnfit},
		{&gobuild.Error{Err: gobuild.ErrNoModule}, exitUsage},
		{&gobuild.Error{Err: gobuild.ErrNotMain}, exitUsage},
		{&usageError{}, exitUsage},
		{&projectError{fs.ErrNotExist}, exitUsage},
		{&servedError{}, exitUsage},
		{&config.Error{}, exitUsage},
		{&config.NoMainError{}, exitUsage},
		{&config.ManyMainsError{}, exitUsage},
		{&bundle.MissingEntryError{}, exitUsage},
		{&certificate.FileError{}, exitUsage},
		{&socket.SpecError{}, exitUsage},
		{&socket.AddressError{}, exitUsage},
		{&devserver.OutputError{}, exitUsage},
		{&socket.BusyError{}, exitPort},
		{&socket.PathError{}, exitPort},
		{errors.Join(fs.ErrClosed, &socket.BusyError{}), exitPort},
	} {
		if got := exitCode(tt.err); got != tt.want {
			t.Errorf("exitCode(%T) = %d, want %d", tt.err, got, tt.want)
		}
		if tt.err == nil {
			continue
		}
		if got := exitCode(fmt.Errorf("wrapped: %w", tt.err)); got != tt.want {
			t.Errorf("exitCode(wrapped %T) = %d, want %d", tt.err, got, tt.want)
		}
	}
}
