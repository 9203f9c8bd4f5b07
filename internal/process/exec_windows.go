package process

import "errors"

func execInPlace([]string, []string) error {
	return errors.New("a process cannot be replaced in place on Windows")
}
