// What the libraries inside kustomize and the Flux controllers say, asked by tests/live/oracle. The versions are those of ../go.mod.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	questions := map[string]func() error{"schema": schema, "texts": texts, "objects": objects, "paths": paths, "rewrite": rewrite, "documents": documents}
	if len(os.Args) == 3 && os.Args[1] == "flux" {
		questions["flux"] = func() error { return flux(os.Args[2]) }
	} else if len(os.Args) != 2 || questions[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: oracle schema | texts | objects | paths | rewrite | documents | flux FOLDER")
		os.Exit(2)
	}
	if err := questions[os.Args[1]](); err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
}

// asked gives every text on stdin (JSON, one a line) to answer, which prints.
func asked(answer func(out *json.Encoder, text string) error) error {
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	in := json.NewDecoder(os.Stdin)
	for in.More() {
		var text string
		if err := in.Decode(&text); err != nil {
			return err
		}
		if err := answer(out, text); err != nil {
			return err
		}
	}
	return nil
}
