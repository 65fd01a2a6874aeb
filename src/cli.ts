#!/usr/bin/env node
import { commandLine } from './start/command-line.js';

await commandLine().parseAsync();
