package editor

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// reportWithin is how long a command may take to fail. Most hand the file to
// an editor that runs already and end at once; others are the editor and run
// on.
const reportWithin = 2 * time.Second

// Start runs a command of [Editor.Command] in a directory, apart from our own
// terminal and its Ctrl-C. It returns when the command has ended or has run for
// a while.
func Start(argv []string, dir string) error {
	program, err := exec.LookPath(argv[0])
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("there is no program %q to open the editor with; %s", argv[0], advice)
	}
	if err != nil {
		return fmt.Errorf("start %s: %w", argv[0], err)
	}
	if err := checkBatch(program, argv[1:]); err != nil {
		return err
	}
	cmd := exec.Command(program, argv[1:]...)
	cmd.Dir = dir
	cmd.SysProcAttr = detached()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", argv[0], err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // ends with the editor, which is not ours to end
	timer := time.NewTimer(reportWithin)
	defer timer.Stop()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("%s could not open the file: %w", argv[0], err)
		}
	case <-timer.C:
	}
	return nil
}

// checkBatch refuses what cmd.exe would take for its own: on Windows the
// commands of many editors are batch files, and their arguments are read by a
// shell however carefully they are passed.
func checkBatch(program string, args []string) error {
	if ext := strings.ToLower(filepath.Ext(program)); ext != ".bat" && ext != ".cmd" {
		return nil
	}
	for _, arg := range args {
		if strings.ContainsAny(arg, "&|<>^%\"'`!;,=()@\r\n") {
			return fmt.Errorf("%s is a batch file and cannot be given %q safely; set overlay.editor to the editor's .exe", program, arg)
		}
	}
	return nil
}
