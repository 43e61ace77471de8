package main

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// rewritten is one line of an answer: Kept is nil where kyaml cannot read or write the text.
type rewritten struct {
	Text string  `json:"text"`
	Kept *string `json:"kept"`
}

// rewrite reads texts, one JSON string a line, and prints what a replacement that changes nothing makes of each
// (serializeAsYAML of kustomize's replacement filter).
func rewrite() error {
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	asked := bufio.NewScanner(os.Stdin)
	for asked.Scan() {
		var answer rewritten
		if err := json.Unmarshal(asked.Bytes(), &answer.Text); err != nil {
			return err
		}
		var node yaml.Node
		if yaml.Unmarshal([]byte(answer.Text), &node) == nil {
			if kept, err := yaml.NewRNode(&node).String(); err == nil {
				kept = strings.TrimSpace(kept)
				answer.Kept = &kept
			}
		}
		if err := out.Encode(answer); err != nil {
			return err
		}
	}
	return asked.Err()
}
