# The verbs of the Makefile, for those who like `just`.

_default:
    @make --no-print-directory help

setup:
    @make --no-print-directory setup

demo *ARGS:
    @make --no-print-directory demo ARGS='{{ARGS}}'

day *ARGS:
    @make --no-print-directory day ARGS='{{ARGS}}'

test *ARGS:
    @make --no-print-directory test ARGS='{{ARGS}}'

unit *ARGS:
    @make --no-print-directory unit ARGS='{{ARGS}}'

unit313 *ARGS:
    @make --no-print-directory unit313 ARGS='{{ARGS}}'

thorough *ARGS:
    @make --no-print-directory thorough ARGS='{{ARGS}}'

integration *ARGS:
    @make --no-print-directory integration ARGS='{{ARGS}}'

browser *ARGS:
    @make --no-print-directory browser ARGS='{{ARGS}}'

long *ARGS:
    @make --no-print-directory long ARGS='{{ARGS}}'

check:
    @make --no-print-directory check

lint:
    @make --no-print-directory lint

types:
    @make --no-print-directory types

contracts:
    @make --no-print-directory contracts

format:
    @make --no-print-directory format

bench *ARGS:
    @make --no-print-directory bench ARGS='{{ARGS}}'

# Quotes keep a pattern such as 'cluster-*' whole.
faults *ARGS:
    @make --no-print-directory faults ARGS="{{ARGS}}"

helm:
    @make --no-print-directory helm

build:
    @make --no-print-directory build

clean:
    @make --no-print-directory clean
