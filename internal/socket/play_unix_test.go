//go:build unix

package socket

import (
	"context"
	"fmt"
	"os"
	"slices"
)

func playExec(args []string) error {
	pid := args[0] != "-no-pid"
	if !pid {
		args = args[1:]
	}
	dashes := slices.Index(args, "--")
	var specs []Spec
	for _, arg := range args[:dashes] {
		spec, err := ParseSpec(arg)
		if err != nil {
			return err
		}
		specs = append(specs, spec)
	}
	set, err := Open(context.Background(), specs, 0)
	if err != nil {
		return err
	}
	for _, s := range set.Sockets {
		fmt.Println(s)
	}
	return set.Exec(args[dashes+1:], os.Environ(), pid)
}
